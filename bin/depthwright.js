#!/usr/bin/env node
import { ensureBuilt } from './build.js';

ensureBuilt();
process.stdout.on('error', (error) => {
  // Whoever read our output has had enough of it (`depthwright inspect model | head`).
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
const { main } = await import('../dist/cli/main.js');
process.exitCode = await main(process.argv);
