/** How many times as fast as the machine's the cloud's time passes. */
export const SCALE = 60;
