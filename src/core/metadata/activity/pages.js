// What a search has found, page by page, the newest first; it is brought up to date and loses nothing of what is shown.

const MOST_EMPTY_PAGES = 5;  // A page may be empty and more follow: so many are asked for before somebody says "more".

// `find` asks for a page, and answers {items, cursor}. `keyOf` says what an item is known by: the newer, the greater.
// A page has `size` items; to bring up to date what is shown, up to `most` are asked for.
export function pages({ find, keyOf, size, most = size, changed }) {
  let filters = {};
  let items = new Map();
  let cursor;
  let search = 0;

  const keyed = (found) => found.map((item) => [keyOf(item), item]);

  async function some(from) {
    const found = { items: [], cursor: from };
    for (let asked = 0; asked < MOST_EMPTY_PAGES; asked++) {
      const page = await find({ ...filters, Limit: size, Cursor: found.cursor });
      found.items.push(...page.items);
      found.cursor = page.cursor;
      if (found.items.length || !found.cursor) break;
    }
    return found;
  }

  async function begin(newFilters) {
    const mine = ++search;
    filters = newFilters;
    const found = await some();
    if (mine !== search) return;
    items = new Map(keyed(found.items));
    cursor = found.cursor;
    changed();
  }

  async function more() {
    const mine = search;
    const found = await some(cursor);
    if (mine !== search) return;
    for (const [key, item] of keyed(found.items)) items.set(key, item);
    cursor = found.cursor;
    changed();
  }

  // Asks for the first page again. What it should hold and does not is not found by this search any more.
  async function refresh() {
    const mine = search;
    const page = await find({ ...filters, Limit: Math.min(Math.max(items.size, size), most) });
    if (mine !== search) return;
    const fresh = page.items;
    if (!fresh.length && page.cursor) return;
    const oldest = page.cursor ? keyOf(fresh.at(-1)) : "";
    for (const key of items.keys()) if (key >= oldest) items.delete(key);
    for (const [key, item] of keyed(fresh)) items.set(key, item);
    if (!page.cursor) cursor = undefined;
    else if (items.size === fresh.length) cursor = page.cursor;
    changed();
  }

  return {
    begin, more, refresh,
    items: () => [...items.entries()].sort(([first], [second]) => (first < second ? 1 : -1)).map(([, item]) => item),
    get: (key) => items.get(key),
    hasMore: () => Boolean(cursor),
    isFiltered: () => Object.keys(filters).length > 0,
    // What is known anew of an item that is there.
    learn(item) {
      if (!items.has(keyOf(item))) return;
      items.set(keyOf(item), item);
      changed();
    },
  };
}
