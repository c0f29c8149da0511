import debug from "debug";

export const handler = async (event) => ({ long: debug.humanize(event.millis) });
