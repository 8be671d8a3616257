/** A refusal as the services answer it (RFC 9457); what a page shows of it is chosen by its code. */
export interface FieldProblem {
  field: string;
  reason: string;
}

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string | undefined;
  readonly requestId: string | undefined;
  readonly fields: FieldProblem[];

  constructor(status: number, body: Record<string, unknown>) {
    const code = typeof body.code === "string" ? body.code : "UNKNOWN";
    super(code);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.detail = typeof body.detail === "string" ? body.detail : undefined;
    this.requestId = typeof body.request_id === "string" ? body.request_id : undefined;
    this.fields = Array.isArray(body.errors) ? body.errors.filter(isFieldProblem) : [];
  }

  /** Whether the route itself is absent: this version of the service has it not, or not yet. */
  get isMissingRoute(): boolean {
    return this.status === 404 || this.status === 405;
  }
}

/** No answer at all: the network or the service is away. */
export class NoAnswer extends Error {
  constructor() {
    super("NO_ANSWER");
    this.name = "NoAnswer";
  }
}

function isFieldProblem(value: unknown): value is FieldProblem {
  return typeof value === "object" && value !== null && "field" in value && "reason" in value;
}

export async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => ({}));
  return new Problem(response.status, typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {});
}
