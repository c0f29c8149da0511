// Says in words how long a span of time is, with a real dependency.
const ms = require("ms");

exports.handler = async (event, context) => ({
  long: ms(event.millis ?? 60000, { long: true }),
  function: context.functionName,
  uid: process.getuid(),
});
