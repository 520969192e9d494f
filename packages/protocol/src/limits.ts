/** Bounds of what crosses a wire. Receivers enforce them; senders stay below. */
export const wireLimits = {
  heartbeatBytes: 8 * 1024,
  messageBytes: 256 * 1024,
  recordBytes: 64 * 1024,
  httpBodyBytes: 256 * 1024,
  vcpus: 64,
  memoryMib: 4 * 1024 * 1024,
  memoryMibMin: 16,
  disks: 16,
  diskMib: 64 * 1024 * 1024,
  networks: 8,
  labels: 32,
  text: 1024,
  journalTail: 64,
  listPage: 1000,
  pendingRequests: 1000,
  /** Of one person or program, unless the API's configuration says otherwise. */
  pendingRequestsEach: 250,
} as const;
