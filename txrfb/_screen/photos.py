# -*- test-case-name: tests.screen.test_photos -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Where there are photos in the picture, and where there is a film.
"""

from __future__ import annotations

from dataclasses import dataclass

from txrfb import kernels
from txrfb.encodings.content import likeNeighbors
from txrfb.geometry import Rectangle
from txrfb.pixels import Surface

#: What was nothing but a photo in so many frames in a row is a film, which is looked at
#: closely in one of so many frames.
_FILM, _SELDOM = 3, 8

#: If so many more or fewer of its pixels are like their neighbors, it is another thing.
_CHANGE = 0.1

#: So many films are known at a time.
_FILMS = 4


@dataclass
class _Film:
    """
    A rectangle that is nothing but a photo.

    @ivar serial: The newest frame in which it was.
    @ivar frames: In how many frames in a row.
    @ivar like: Which part of its pixels were like their neighbors when it was looked
        at closely.
    """

    serial: int
    frames: int
    like: float


class Photos:
    """
    Cuts rectangles into photos and what is drawn.  To look closely at each frame of a
    film would cost much of what it costs to encode it.
    """

    def __init__(self) -> None:
        self._films: dict[Rectangle, _Film] = {}

    def isFilm(self, surface: Surface, rectangle: Rectangle, serial: int) -> bool:
        """
        @param surface: The pixels.

        @param rectangle: Which of them.

        @param serial: The number of the frame.

        @return: Whether all of it is a film, of which this frame need not be looked at
            closely.
        """
        film = self._films.get(rectangle)
        if film is None or film.serial < serial - 1:
            return False
        frames = film.frames + (film.serial < serial)
        if frames <= _FILM or not frames % _SELDOM:
            return False
        if abs(likeNeighbors(surface, rectangle) - film.like) >= _CHANGE:
            return False
        film.serial, film.frames = serial, frames
        return True

    def split(
        self, surface: Surface, rectangle: Rectangle, minimum: int, serial: int
    ) -> tuple[list[tuple[int, int, int, int, int]], bool]:
        """
        @param surface: The pixels.

        @param rectangle: Which of them.

        @param minimum: How many pixels a photo has at the least; half of that beside
            another.

        @param serial: The number of the frame.

        @return: As L{kernels.splitPhotos<txrfb.kernels.reference.splitPhotos>}, and
            whether it is a film, all of it.
        """
        film = self._films.get(rectangle)
        isFilm = False
        if film is not None and film.serial >= serial - 1:
            if film.serial < serial:
                film.serial = serial
                film.frames += 1
            isFilm = film.frames > _FILM
        parts = kernels.splitPhotos(surface.pixels, surface.stride, *rectangle, minimum)
        if len(parts) > 1 or not parts[0][4]:
            self._films.pop(rectangle, None)
            return parts, False
        like = likeNeighbors(surface, rectangle)
        if film is None or film.serial < serial - 1:
            if len(self._films) >= _FILMS:
                self._films.pop(next(iter(self._films)))
            self._films[rectangle] = _Film(serial, 1, like)
        else:
            film.like = like
        return parts, isFilm
