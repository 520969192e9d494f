/**
 * Who is signed in: a token, kept for as long as the tab lives. A link with `#token=…` signs in and leaves no
 * trace in the address; what stands after `#` is never sent to a server.
 */
const key = 'drover-token';

class Session {
  token = $state<string | undefined>(undefined);
  /** Why one has to sign in again. */
  notice = $state('');

  constructor() {
    const given = /^#token=([\x21-\x7e]{1,512})$/.exec(location.hash)?.[1];
    if (given !== undefined) {
      history.replaceState(null, '', location.pathname + location.search);
      this.signIn(decodeURIComponent(given));
    } else {
      this.token = sessionStorage.getItem(key) ?? undefined;
    }
  }

  signIn(token: string): void {
    sessionStorage.setItem(key, token);
    this.notice = '';
    this.token = token;
  }

  signOut(notice = ''): void {
    sessionStorage.removeItem(key);
    this.notice = notice;
    this.token = undefined;
  }
}

export const session = new Session();
