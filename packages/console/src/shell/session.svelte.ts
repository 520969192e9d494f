/**
 * Who is signed in: by a cookie that no script reads, made of a token that is kept nowhere. A link with `#token=…`
 * signs in and leaves no trace in the address; what stands after `#` is never sent to a server. With `#problem=…` the API
 * tells who comes back from an issuer without a session why.
 */
import { ApiClient, ApiProblem } from '@drover/client';
import type { SessionBody } from '../logic/types.ts';

const againMs = 2_000;

class Session {
  /** `looking`: it is not known yet. */
  state = $state<'looking' | 'in' | 'out'>('looking');
  /** What one may; nobody who is signed out. */
  role = $state<SessionBody['role']>();
  /** Why one has to sign in again, or why it takes so long. */
  notice = $state('');
  /** What each change has to say, so that no other site makes it; a certificate needs none. */
  #csrf: string | undefined;
  #isDoubted = false;

  constructor() {
    const given = /^#(token|problem)=([\x21-\x7e]{1,2048})$/.exec(location.hash);
    if (given === null) {
      void this.look();
      return;
    }
    history.replaceState(null, '', location.pathname + location.search);
    const [, what, text = ''] = given;
    const said = decodeURIComponent(text);
    void (what === 'token' ? this.#follow(said) : this.#cameBack(said));
  }

  /** To be sent along with a request of that method. */
  headersFor(method: string): Readonly<Record<string, string>> {
    if (this.#csrf === undefined || method === 'GET' || method === 'HEAD') return {};
    return { 'x-drover-csrf': this.#csrf };
  }

  /** Whose cookie the browser has. Asks again for as long as nobody answers. */
  async look(): Promise<void> {
    try {
      this.#enter(await new ApiClient({ baseUrl: '' }).get('/v1/session'));
    } catch (error) {
      if (error instanceof ApiProblem && error.problem.status === 401) {
        return this.#leave(this.state === 'in' ? 'Your session has ended.' : '');
      }
      if (this.state !== 'looking') return;
      this.notice = 'The API does not answer; it is asked again.';
      setTimeout(() => void this.look(), againMs);
    }
  }

  /** Throws what the API says of the token. */
  async signIn(token: string): Promise<void> {
    this.#enter(await new ApiClient({ baseUrl: '', token: () => token }).post('/v1/session'));
  }

  /** The cookie is good for nothing from then on. */
  async signOut(): Promise<void> {
    try {
      if (this.#csrf !== undefined) {
        await new ApiClient({ baseUrl: '', headers: this.headersFor('DELETE') }).delete(
          '/v1/session',
        );
      }
      this.#leave('');
    } catch (error) {
      const says = error instanceof ApiProblem ? error.problem.title : String(error);
      const isOver = error instanceof ApiProblem && error.problem.status === 401;
      this.#leave(isOver ? '' : `The session could not be ended, and goes on: ${says}`);
    }
  }

  /**
   * The API did not take what the cookie or the word says: it may have ended, another tab may have signed in as somebody
   * else, or another API process may not have heard of it yet. Asked once more, it says which.
   */
  async doubt(): Promise<void> {
    if (this.state !== 'in' || this.#isDoubted) return;
    this.#isDoubted = true;
    await this.look();
    this.#isDoubted = false;
  }

  /** Whoever had a session before still has it. */
  async #cameBack(problem: string): Promise<void> {
    await this.look();
    if (this.state === 'out') this.notice = problem;
  }

  /** A link's token, tried again for as long as nobody answers. */
  async #follow(token: string): Promise<void> {
    try {
      await this.signIn(token);
    } catch (error) {
      if (error instanceof ApiProblem && error.problem.status !== 503) {
        return this.#leave(`The link does not sign in: ${error.problem.detail}`);
      }
      this.notice = 'The API does not answer; it is asked again.';
      setTimeout(() => void this.#follow(token), againMs);
    }
  }

  #enter({ csrf, role }: SessionBody): void {
    this.#csrf = csrf;
    this.role = role;
    this.notice = '';
    this.state = 'in';
  }

  #leave(notice: string): void {
    this.#csrf = undefined;
    this.role = undefined;
    this.notice = notice;
    this.state = 'out';
  }
}

export const session = new Session();
