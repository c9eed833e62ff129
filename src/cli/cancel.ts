/** Ctrl-C and termination end the work cleanly: the first asks, the second insists. */
export const cancelOnSignals = (): { readonly signal: AbortSignal; readonly dispose: () => void } => {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write('\nstopping; what is finished is kept (Ctrl-C again to stop at once)\n');
    controller.abort(new Error('stopped by the user'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
};
