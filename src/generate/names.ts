/** Names in other languages' spelling. */

/** `memoryAddress` -> `MEMORY_ADDRESS`. */
export function upperSnake(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}

/** `pynq-z2` -> `pynq_z2`. */
export function identifier(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, '_');
}

/** `0x0000001f` */
export function hex32(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
}
