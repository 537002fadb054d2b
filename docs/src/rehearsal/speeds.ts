/** How many times as fast as the reader's time may pass. */
export const speeds = [10, 30, 60, 150, 600] as const;
/** A release takes about half a minute of the reader's time. */
export const ordinarySpeed = 30;
