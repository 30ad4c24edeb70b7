/** After the last test: ends what `globalSetup` has started. */
export default async function globalTeardown(): Promise<void> {
  const { soriEmulators = [] } = globalThis as { soriEmulators?: { close(): Promise<void> }[] };
  await Promise.all(soriEmulators.map((emulator) => emulator.close()));
}
