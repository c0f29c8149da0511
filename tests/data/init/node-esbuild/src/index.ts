import ms from "ms";
import { parse } from "./millis";

export const handler = async (event: { millis: string }) => ({ long: ms(parse(event.millis), { long: true }) });
