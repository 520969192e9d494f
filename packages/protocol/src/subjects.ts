/**
 * The NATS subject grammar, built and parsed only here, and who may use which subject. A sender's
 * identity is part of its subject and the server enforces it: no message is believed for what it says
 * about its own origin.
 */
export type AgentMessageKind =
  | 'heartbeat'
  | 'inventory'
  | 'result'
  | 'progress'
  | 'storage-progress';

export const subjects = {
  command: (hostId: string) => `drover.cmd.${hostId}`,
  agent: (hostId: string, kind: AgentMessageKind) => `drover.agent.${hostId}.${kind}`,
  allAgents: () => 'drover.agent.>',
  /** A host asks for a certificate; the leader answers on `certificate`. */
  certificateRequest: (hostId: string) => `drover.certificate-request.${hostId}`,
  allCertificateRequests: () => 'drover.certificate-request.*',
  certificate: (hostId: string) => `drover.certificate.${hostId}`,
  /** API to leader, request and reply. Only the leader subscribes. */
  query: () => 'drover.query',
  /** NATS itself asks the leader who may connect, where it does not know it; request and reply. */
  admission: () => '$SYS.REQ.USER.AUTH',
  /** Leader to API: progress too fast and too fleeting for etcd. */
  announcement: () => 'drover.announcement',
} as const;

/** Inboxes are per identity: with NATS' default any client could read everybody's replies. */
export const inboxPrefix = { api: '_INBOX_api', scheduler: '_INBOX_scheduler' } as const;

/** What an agent's connection is called. Who reads it believes it no more than anything else that is said. */
export const agentName = (hostId: string) => `agent ${hostId}`;

export function parseAgentName(name: string): string | undefined {
  return /^agent ([a-z0-9-]{1,63})$/.exec(name)?.[1];
}

export function parseAgentSubject(
  subject: string,
): { readonly hostId: string; readonly kind: AgentMessageKind } | undefined {
  const match =
    /^drover\.agent\.([a-z0-9-]+)\.(heartbeat|inventory|result|progress|storage-progress)$/.exec(
      subject,
    );
  if (!match?.[1] || !match[2]) return undefined;
  return { hostId: match[1], kind: match[2] as AgentMessageKind };
}

/** The host that asks, as the server lets nobody else say. */
export function parseCertificateSubject(subject: string): string | undefined {
  return /^drover\.certificate-request\.([a-z0-9-]+)$/.exec(subject)?.[1];
}

export type BusIdentity =
  | { readonly role: 'agent'; readonly hostId: string }
  | { readonly role: 'scheduler' }
  | { readonly role: 'api' };

export interface BusPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** What the NATS server must allow this identity, and nothing else. */
export function natsPermissions(identity: BusIdentity): BusPermissions {
  switch (identity.role) {
    case 'agent':
      return {
        publish: [
          `drover.agent.${identity.hostId}.>`,
          subjects.certificateRequest(identity.hostId),
        ],
        subscribe: [subjects.command(identity.hostId), subjects.certificate(identity.hostId)],
      };
    case 'scheduler':
      return {
        publish: [
          'drover.cmd.*',
          'drover.certificate.*',
          subjects.announcement(),
          `${inboxPrefix.api}.>`,
          // Where NATS takes the answers to what it asks about admission.
          '$SYS._INBOX.>',
        ],
        subscribe: [
          subjects.admission(),
          subjects.allAgents(),
          subjects.allCertificateRequests(),
          subjects.query(),
          `${inboxPrefix.scheduler}.>`,
        ],
      };
    case 'api':
      return {
        publish: [subjects.query()],
        subscribe: [subjects.announcement(), `${inboxPrefix.api}.>`],
      };
  }
}
