/** A table whose headings sort it: descending numbers and ascending text first, then the other way round. */
export function sortable(table: HTMLTableElement): void {
  const body = table.tBodies[0]!;
  const headings = [...table.tHead!.rows[0]!.cells];
  headings.forEach((heading, column) => {
    heading.querySelector('button')!.addEventListener('click', () => {
      const text = heading.classList.contains('text');
      const known = heading.getAttribute('aria-sort');
      const ascending = known === null ? text || column === 0 : known === 'descending';
      for (const other of headings) other.removeAttribute('aria-sort');
      heading.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
      const key = (row: HTMLTableRowElement): string => row.cells[column]!.dataset.sort!;
      const rows = [...body.rows].sort((a, b) => {
        const order = text ? key(a).localeCompare(key(b), 'en', { numeric: true }) : Number(key(a)) - Number(key(b));
        return ascending ? order : -order;
      });
      body.append(...rows);
    });
  });
}
