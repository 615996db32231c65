/** Bundles sources with esbuild, for places that cannot load TypeScript: worker threads and browsers. */
import { build } from 'esbuild';

/** `external`: packages left to be resolved at run time. Pages are scripts, or modules where a package needs that. */
export async function bundle(
  entry: string,
  outfile: string,
  platform: 'node' | 'browser',
  external: readonly string[] = [],
  format: 'esm' | 'iife' = platform === 'node' ? 'esm' : 'iife',
): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    platform,
    bundle: true,
    format,
    target: 'es2022',
    external: [...external],
    logLevel: 'warning',
  });
}
