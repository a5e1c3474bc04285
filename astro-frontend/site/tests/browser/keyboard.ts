// A person with a keyboard and nothing else: goes where Tab leads, presses what has the focus.
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** More than any page of this site has. */
const MOST = 250;

export class Keyboard {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Tabs on until the focus stands on what has this name, once there is such a thing. */
  async to(name: string | RegExp): Promise<void> {
    await this.#there(name);
    for (let presses = 0; presses < MOST; presses++) {
      if (await this.#at(name)) return;
      await this.#page.keyboard.press('Tab');
    }
    throw new Error(`Tab leads to nothing called ${name}`);
  }

  async press(name: string | RegExp): Promise<void> {
    await this.to(name);
    await this.#page.keyboard.press('Enter');
  }

  /** Chooses a tab: Tab leads to the list, arrows lead on. */
  async tab(list: string, name: string): Promise<void> {
    for (let presses = 0; presses < MOST; presses++) {
      const within = await this.#page.evaluate(() => document.activeElement?.closest('[role=tablist]')?.getAttribute('aria-label') ?? '');
      if (within !== list) await this.#page.keyboard.press('Tab');
      else if (await this.#at(new RegExp(`^${name}`))) return;
      else await this.#page.keyboard.press('ArrowRight');
    }
    throw new Error(`no tab ${name}`);
  }

  async type(name: string | RegExp, text: string): Promise<void> {
    await this.to(name);
    await this.#page.keyboard.press('Control+A');
    await this.#page.keyboard.type(text);
  }

  /** What is asked for last may come last. */
  async #there(name: string | RegExp): Promise<void> {
    const all = this.#page.locator('a[href], button:enabled, input:enabled, select:enabled, [tabindex]');
    const called = async (): Promise<string[]> => (await all.evaluateAll(namesOf)).filter((it) => matches(name, it));
    await expect.poll(called, { message: `something called ${name}` }).not.toEqual([]);
  }

  async #at(name: string | RegExp): Promise<boolean> {
    const [here = ''] = await this.#page.locator(':focus').evaluateAll(namesOf);
    return matches(name, here);
  }
}

/** What elements are called; runs in the page. */
function namesOf(elements: Element[]): string[] {
  return elements.map((element) => {
    const labels = element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? [...(element.labels ?? [])] : [];
    return element.getAttribute('aria-label') ?? (labels.map((label) => label.textContent).join(' ').trim() || element.textContent.trim());
  });
}

function matches(name: string | RegExp, called: string): boolean {
  return typeof name === 'string' ? called === name : name.test(called);
}
