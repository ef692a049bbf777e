/* Shows what a program draws in memory that it shares, and prints what viewers do:
 *
 *   twistd -n rfb --framebuffer mmap:/dev/shm/demo,socket=/tmp/demo.sock
 *   cc -o memory examples/memory.c && ./memory /dev/shm/demo /tmp/demo.sock
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { WIDTH = 320, HEIGHT = 200, SIZE = WIDTH * HEIGHT * 4 };

int
main(int argc, char **argv)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    if (argc != 3)
        return fprintf(stderr, "usage: memory FILE SOCKET\n"), 2;
    strncpy(where.sun_path, argv[2], sizeof where.sun_path - 1);
    int file = open(argv[1], O_RDWR | O_CREAT, 0600), at = socket(AF_UNIX, SOCK_STREAM, 0);
    if (file < 0 || ftruncate(file, SIZE) || connect(at, (void *)&where, sizeof where))
        return perror("memory"), 1;
    uint32_t *pixels = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    FILE *in = fdopen(dup(at), "r"), *out = fdopen(at, "w");
    if (pixels == MAP_FAILED || !in || !out) return perror("memory"), 1;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            pixels[y * WIDTH + x] = (uint32_t)(x * 255 / WIDTH << 16 | y * 255 / HEIGHT);
    fprintf(out, "{\"layout\": {\"width\": %d, \"height\": %d}}\n", WIDTH, HEIGHT);
    char line[256];
    for (int x, y; !fflush(out) && fgets(line, sizeof line, in); fputs(line, stdout)) {
        if (sscanf(line, "{\"pointer\": [%d, %d]", &x, &y) != 2 || x >= WIDTH || y >= HEIGHT)
            continue;
        pixels[y * WIDTH + x] = 0xffffff;
        fprintf(out, "{\"damage\": [%d, %d, 1, 1]}\n", x, y);
    }
    return 0;
}
