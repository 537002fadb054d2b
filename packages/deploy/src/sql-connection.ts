/** The database's SQL as steps ask it; in Node a connection of `pg`, in tests whatever answers. */
export interface SqlConnection {
  /**
   * Sends statements to a database of the instance, or with null to the one that the URL names, over a connection of their own. Resolves with
   * the first column of the last row, as text. Rejects with what went wrong, once nothing of them goes on in the server: an abort cancels them
   * there. A server that cannot be heard any more is waited for 15 s after an abort, and else 30 s beyond its time.
   */
  ask(statements: SqlStatements): Promise<string>;
}

export interface SqlStatements {
  readonly database: string | null;
  readonly text: string;
  /** The server gives each statement so long. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}
