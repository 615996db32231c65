/** Property tests draw the same cases on every machine; SEED=n draws others. A failure prints its seed. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.SEED ?? 1) });
