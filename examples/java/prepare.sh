#!/bin/bash
# The layout of AWS's Dockerfile in build/: classes at the top, dependency jars in lib/.
set -euo pipefail
cd "$(dirname "$0")"
stamp=$(find src words prepare.sh -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | sha256sum)
[ "$(cat build.stamp 2>/dev/null)" != "$stamp" ] || exit 0
rm -rf build words.classes
mkdir -p build/lib words.classes
find words -name '*.java' -exec javac --release 17 -d words.classes {} +
jar --create --date=1980-01-01T00:00:02Z --file build/lib/words-1.0.jar -C words.classes .
find src -name '*.java' -exec javac --release 17 -cp build/lib/words-1.0.jar -d build {} +
rm -rf words.classes
echo "$stamp" >build.stamp
