/** Loaded by `node --import` into Node programs that are not ours to change: they end when the process that started them is gone. */
process.on('disconnect', () => process.exit(1));
process.channel?.unref();
