/** The configuration that a command is about: as named, else `$BFT2_CONFIG`, else where the daemon looks. */
export const configPath = (named: string | undefined): string =>
  named ?? (process.env.BFT2_CONFIG || '/etc/bft2/config.json');
