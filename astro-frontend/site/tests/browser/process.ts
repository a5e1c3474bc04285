// One server of the stack as a child process: ready when it says where it listens, gone when its stdin ends.
import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';

export class Service {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #log: string[];

  private constructor(child: ChildProcess, url: string, log: string[]) {
    this.#child = child;
    this.url = url;
    this.#log = log;
  }

  static async start(program: string, args: string[], env: Record<string, string>, cwd?: string): Promise<Service> {
    const log: string[] = [];
    const child = spawn(program, args, {
      // What is set for another stack must not bend this one.
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], THROUGHLINE_STOP_ON_EOF: '1', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(cwd && { cwd }),
    });
    child.stderr?.on('data', (piece: Buffer) => log.push(piece.toString()));
    const url = await new Promise<string>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`${program} ended at its start (${code}): ${log.join('')}`)));
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const at = / listening on (http:\S+)$/.exec(line)?.[1];
        if (at) resolve(at);
      });
    });
    child.removeAllListeners('exit');
    return new Service(child, url, log);
  }

  /** What it wrote to its stderr. */
  get log(): string {
    return this.#log.join('');
  }

  /** Sends it a signal, such as SIGSTOP; SIGKILL is waited for. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const ended = signal === 'SIGKILL' && this.#closed();
    this.#child.kill(signal);
    await ended;
  }

  /** Stops it gracefully. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = this.#closed();
    this.#child.stdin?.end();
    await ended;
  }

  /** It has ended, and what it wrote last has been read. */
  #closed(): Promise<unknown> {
    return new Promise((resolve) => this.#child.once('close', resolve));
  }
}
