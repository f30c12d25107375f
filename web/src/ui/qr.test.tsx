import { render, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { QrCode } from './qr';

describe('a QR code', () => {
  it('has the three finder patterns of its standard, and a quiet border', () => {
    render(<QrCode text="otpauth://totp/Patchbay:ana@example.com?secret=JBSWY3DPEHPK3PXP" label="Code" />);
    const square = screen.getByRole('img', { name: 'Code' });
    const size = Number(square.getAttribute('viewBox')?.split(' ')[2]);
    const path = square.querySelector('path')?.getAttribute('d') ?? '';
    const dark = new Set([...path.matchAll(/M(\d+) (\d+)/g)].map((hit) => `${hit[1]},${hit[2]}`));
    // ISO/IEC 18004: seven dark squares along the edge of each of three corners.
    for (const [x, y] of [
      [3, 3],
      [size - 10, 3],
      [3, size - 10],
    ] as const)
      for (let step = 0; step < 7; step += 1) expect(dark.has(`${x + step},${y}`)).toBe(true);
    for (let at = 0; at < size; at += 1) expect(dark.has(`${at},0`) || dark.has(`0,${at}`)).toBe(false);
  });
});
