import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '..');
const LOCALES = join(SRC, 'locales');
type Texts = { [key: string]: string | Texts };

function flat(texts: Texts, path = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    const at = path ? `${path}.${key}` : key;
    if (typeof value === 'string') found.set(at, value);
    else for (const pair of flat(value, at)) found.set(...pair);
  }
  return found;
}

const read = (language: string, name: string): Map<string, string> =>
  flat(JSON.parse(readFileSync(join(LOCALES, language, name), 'utf8')) as Texts);
const holes = (text: string): string[] => [...text.matchAll(/\{\{\s*(\w+)/g)].map((hit) => hit[1] ?? '').sort();
/** Chinese has one plural form. */
const single = (key: string): string | null => (key.endsWith('_one') ? null : key);
const namespaces = readdirSync(join(LOCALES, 'en')).filter((name) => name.endsWith('.json'));

describe.each(['zh-Hans', 'zh-Hant'])('%s', (language) => {
  it.each(namespaces)('%s has every key of English and no other', (name) => {
    expect(existsSync(join(LOCALES, language, name))).toBe(true);
    const wanted = [...read('en', name).keys()].map(single).filter((key) => key !== null);
    expect([...read(language, name).keys()].sort()).toEqual(wanted.sort());
  });

  it.each(namespaces)('%s fills the same holes as English', (name) => {
    const english = read('en', name);
    for (const [key, text] of read(language, name))
      expect([key, holes(text)]).toEqual([key, holes(english.get(key) ?? '')]);
  });

  it.each(namespaces)('%s is written, not left in English', (name) => {
    const english = read('en', name);
    const left = [...read(language, name)].filter(
      ([key, text]) => text === english.get(key) && /[a-z]{4,}\s[a-z]{3,}/i.test(text.replace(/\{\{.*?\}\}/g, '')),
    );
    expect(left).toEqual([]);
  });
});

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'gen' ? [] : sources(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.includes('.test.') ? [path] : [];
  });
}

describe('keys used in the source', () => {
  const all = new Map(namespaces.map((name) => [name.replace('.json', ''), read('en', name)]));
  const has = (space: string, key: string): boolean => {
    const texts = all.get(space);
    return texts !== undefined && (texts.has(key) || texts.has(`${key}_other`));
  };

  it('are all in the English files', () => {
    const missing: string[] = [];
    for (const path of sources(SRC)) {
      const code = readFileSync(path, 'utf8');
      const spaces = new Set<string>();
      for (const [, first] of code.matchAll(/useTranslation\(\s*\[?\s*'([\w-]+)'/g)) if (first) spaces.add(first);
      if (/useTranslation\(\)/.test(code) || spaces.size === 0) spaces.add('common');
      for (const [, key] of code.matchAll(/\bt\(\s*'([\w.:-]+)'/g)) {
        if (!key) continue;
        const [space, name] = key.includes(':') ? key.split(':') : [null, key];
        const tried = space ? [space] : [...spaces];
        if (!tried.some((one) => has(one, name ?? ''))) missing.push(`${path.replace(SRC, '')}: ${key}`);
      }
    }
    expect(missing).toEqual([]);
  });
});
