#!/bin/sh
# No language here: the image has the shape of AWS's, and cannot run a function.
echo "this stand-in has the layout of a Lambda base image but no language in it" >&2
exit 1
