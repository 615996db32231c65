/** Resources of every module of a mapped netlist, and of the whole. */
import type { JsonModule, JsonNetlist } from '../rtlsim/netlist.ts';
import { addResources, classOf, noResources, type Resources } from './families.ts';

export interface ModuleCount {
  /** Name as elaborated by yosys, unique. */
  readonly name: string;
  /** Name in the source. */
  readonly source: string;
  /** Instances in the whole design. */
  readonly instances: number;
  /** Of one instance, without the modules below it. */
  readonly own: Resources;
  /** Of one instance with everything below it. */
  readonly total: Resources;
  /** Flip-flops of `own` with a clock enable that is not always on. */
  readonly enabled: number;
  /** Cells by type, of one instance. */
  readonly cells: Readonly<Record<string, number>>;
  /** Cell types that no table knows. */
  readonly unknown: readonly string[];
}

export const isBox = (module: JsonModule): boolean =>
  /1/.test(module.attributes?.blackbox ?? '') || /1/.test(module.attributes?.whitebox ?? '');

/** Modules with a body that `top` uses, users before the used. */
export function modulesBelow(netlist: JsonNetlist, top: string): string[] {
  const after: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    const module = netlist.modules[name];
    if (module === undefined || isBox(module) || seen.has(name)) return;
    seen.add(name);
    for (const cell of Object.values(module.cells)) visit(cell.type);
    after.push(name);
  };
  visit(top);
  return after.reverse();
}

export function countModules(netlist: JsonNetlist, top: string): ModuleCount[] {
  const order = modulesBelow(netlist, top);
  const instances = new Map<string, number>([[top, 1]]);
  const local = new Set(order);
  for (const name of order)
    for (const cell of Object.values(netlist.modules[name]!.cells))
      if (local.has(cell.type)) instances.set(cell.type, (instances.get(cell.type) ?? 0) + instances.get(name)!);
  const counts = new Map<string, ModuleCount>();
  for (const name of [...order].reverse()) {
    const module = netlist.modules[name]!;
    const cells: Record<string, number> = {};
    let own = noResources;
    let total = noResources;
    let enabled = 0;
    const unknown = new Set<string>();
    for (const { type, connections } of Object.values(module.cells)) {
      cells[type] = (cells[type] ?? 0) + 1;
      const child = counts.get(type);
      const known = classOf(type);
      if (child !== undefined) total = addResources(total, child.total);
      else if (known !== undefined) {
        own = addResources(own, { ...noResources, ...known.resources });
        const enable = (connections.CE ?? connections.E)?.[0];
        if (known.timing === 'register' && typeof enable === 'number') enabled += 1;
      } else if (!type.startsWith('$scopeinfo')) unknown.add(type);
    }
    counts.set(name, {
      name,
      source: (module.attributes?.hdlname ?? name).replace(/^\\/, ''),
      instances: instances.get(name)!,
      own,
      total: addResources(total, own),
      enabled,
      cells,
      unknown: [...unknown],
    });
  }
  return order.map((name) => counts.get(name)!);
}
