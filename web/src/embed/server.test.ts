import { describe, expect, it } from 'vitest';
import { openingOf } from './server';

describe('the opening of an embedded softphone', () => {
  it('is a seat token and a server, this one unless told otherwise', () => {
    expect(openingOf('#token=pb_seat_abc', 'https://here.example')).toEqual({
      token: 'pb_seat_abc',
      server: 'https://here.example',
    });
    expect(openingOf('#token=pb_seat_abc&server=https://there.example/x', 'https://here.example')?.server).toBe(
      'https://there.example',
    );
  });

  it('is nothing else: a key has no business in a browser', () => {
    for (const hash of ['', '#token=', '#token=pb_key_abc', '#token=pb_seat_abc&server=nonsense'])
      expect(openingOf(hash, 'https://here.example')).toBeNull();
  });
});
