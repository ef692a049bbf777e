#!/bin/sh
# Install what the viewer tests need on Debian 12, as root.
set -eu
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
xargs apt-get install -y -q --no-install-recommends < apt-packages.txt
# Debian's npm cannot be installed beside a Node.js of another make, which has its own.
command -v npm > /dev/null || apt-get install -y -q --no-install-recommends npm
npm ci --no-audit --no-fund --omit=optional --ignore-scripts
