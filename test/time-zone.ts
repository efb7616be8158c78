/** Runs `work` as if the machine stood in another time zone. */
export async function inTimeZone<T>(zone: string, work: () => T | Promise<T>): Promise<T> {
  const { TZ } = process.env;
  process.env.TZ = zone;
  try {
    return await work();
  } finally {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  }
}
