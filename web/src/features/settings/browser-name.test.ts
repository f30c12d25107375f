import { expect, it } from 'vitest';
import { browserOf } from './browser-name';

it('names browsers that all claim to be each other', () => {
  const chrome =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
  const edge =
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 Edg/141.0';
  const safari = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 (KHTML) Version/18.1 Safari/605';
  expect(browserOf(chrome)).toBe('Chrome 141, Linux');
  expect(browserOf(edge)).toBe('Edge 141, Windows');
  expect(browserOf(safari)).toBe('Safari 18, macOS');
  expect(browserOf('curl/8.5')).toBe('curl/8.5');
  expect(browserOf(null)).toBeNull();
});
