const REELS = 4;
/** More than all XML of the package together; see planReels. */
const TILT = 16 * 1024;

export interface ReelPlan {
  /** Bytes. */
  readonly picture: number;
  readonly sound: number;
}

/**
 * Four reels whose pictures are twice as large as their sounds. With twelve such units the usual ratios (1:1:1, 2:1:1, 1:1:0, 3:2:1) fall on borders
 * between files when these are assigned by descending size (decision 9). The tilt keeps those borders reached although
 * the XML files add to the total.
 */
export function planReels(size: number): readonly ReelPlan[] {
  const picture = Math.floor(size / 6) + TILT;
  const sound = Math.floor((size - REELS * picture) / REELS);
  return Array.from({ length: REELS }, () => ({ picture, sound }));
}
