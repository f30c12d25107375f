import { describe, expect, it } from 'vitest';
import { dialString, readable } from './numbers';
import { socketUrl } from './phone-mount';

describe('what is dialled', () => {
  it('completes a national number with the country of the company', () => {
    expect(dialString('(415) 555-0132', 'US')).toBe('+14155550132');
    expect(dialString('020 7946 0018', 'GB')).toBe('+442079460018');
  });
  it('leaves extensions and star codes alone', () => {
    expect(dialString('101', 'US')).toBe('101');
    expect(dialString('*43', 'US')).toBe('*43');
    expect(dialString(' *21# ', 'US')).toBe('*21#');
  });
  it('refuses what is no number', () => {
    expect(dialString('helena', 'US')).toBeNull();
    expect(dialString('', 'US')).toBeNull();
    expect(dialString('12345678', 'US')).toBeNull();
  });
  it('spaces public numbers only', () => {
    expect(readable('+14155550132')).toBe('+1 415 555 0132');
    expect(readable('101')).toBe('101');
  });
});

describe('the address of the phone', () => {
  it('follows the page, secure where the page is', () => {
    expect(socketUrl({ protocol: 'https:', host: 'pbx.example' }, 'a+b')).toBe('wss://pbx.example/sip?ticket=a%2Bb');
    expect(socketUrl({ protocol: 'http:', host: '127.0.0.1:8080' }, 't')).toBe('ws://127.0.0.1:8080/sip?ticket=t');
  });
});
