#!/bin/bash
# The function with its gem, built here and installed into vendor/bundle as Bundler would, in build/.
set -euo pipefail
cd "$(dirname "$0")"
stamp=$(cat lambda_function.rb gem/example_words.gemspec gem/lib/*.rb prepare.sh | sha256sum)
[ "$(cat build.stamp 2>/dev/null)" != "$stamp" ] || exit 0
rm -rf build build.gem
mkdir build
cp lambda_function.rb build/
(cd gem && SOURCE_DATE_EPOCH=315619200 gem build -q -o ../build.gem example_words.gemspec >&2)
gem install -q --silent --local --no-document --install-dir build/vendor/bundle/ruby/3.3.0 build.gem >&2
rm -rf build.gem build/vendor/bundle/ruby/3.3.0/cache
echo "$stamp" >build.stamp
