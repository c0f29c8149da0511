#!/usr/bin/env node
// Starts the program of this platform, which npm installed as an optional dependency.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const name = `lambda-img-${process.platform}-${process.arch}`;
let program;
try {
  program = require.resolve(`${name}/lambda-img`);
} catch {
  console.error(`error: the package \`${name}\` is not installed`);
  console.error("hint: install without `--omit=optional`; or there is no program for this platform: compile it, with `cargo install --path .` in a clone of the repository");
  process.exit(70);
}

const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
// A terminal interrupts both: the program ends by itself, and tells with which code.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(`error: start \`${program}\`: ${error.message}`);
  process.exit(70);
});
child.on("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
