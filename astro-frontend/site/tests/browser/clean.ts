// After each test in a browser: no page of it wrote an error or a warning to its console, broke its policy or threw, unless
// the test asked for that.
import { afterEach, expect } from 'vitest';
import { unasked } from './chromium.ts';

afterEach(() => {
  expect(unasked(), 'complaints of the pages').toEqual([]);
});
