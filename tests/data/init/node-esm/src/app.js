import ms from "ms";

export const handler = async (event) => ({ long: ms(event.millis, { long: true }) });
