/** One thing that a person asked for: under way, done, or failed with what the API said. */
export class Act {
  isBusy = $state(false);
  error = $state.raw<unknown>(undefined);

  /** True: it was taken. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    this.isBusy = true;
    this.error = undefined;
    try {
      await work();
      return true;
    } catch (error) {
      this.error = error;
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
