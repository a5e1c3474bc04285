// The page for authors of other sites, read as one reads it: which files to write, which commands to run.

export interface PageForAuthors {
  /** What to write where: the name that follows the language of a block, and its text. */
  readonly files: ReadonlyMap<string, string>;
  /** The lines of the commands under this name. */
  commands(name: string): string[];
}

export function page(markdown: string): PageForAuthors {
  const files = new Map<string, string>();
  const commands = new Map<string, string[]>();
  for (const [, language, name, text] of markdown.matchAll(/^```(\w+) (\S+)\n(.*?)^```$/gms)) {
    if (language === 'sh') commands.set(name!, text!.replaceAll(/\\\n\s*/g, '').trim().split('\n'));
    else files.set(name!, text!);
  }
  return {
    files,
    commands: (name) => {
      const lines = commands.get(name);
      if (!lines) throw new Error(`the page has no commands ${name}`);
      return lines;
    },
  };
}
