#!/usr/bin/env node
import { ensureBuilt } from './build.js';

ensureBuilt();
const { main } = await import('../dist/cli/main.js');
process.exitCode = await main(process.argv);
