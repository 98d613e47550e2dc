/**
 * One thing that a manifest of ai-protocol says and that is not taken as it stands, or that it does not say.
 *
 * `filled`: it says nothing of this, and what fills it in is named. `overruled`: it reads something where its provider does not have it, so the
 * right place is read as well. `added`: it reads something that its family does not know. `unused`: it has no effect, and why. `wrong`: its provider has it otherwise; it is kept as it is written, and Braid's own
 * manifest of that provider has it right.
 */
export interface Remark {
  readonly kind: 'filled' | 'overruled' | 'added' | 'unused' | 'wrong'
  /** Where in the manifest, dotted. */
  readonly field: string
  readonly text: string
}

/** Collects remarks; the same one twice is one. */
export class Remarks {
  readonly all: Remark[] = []

  add(kind: Remark['kind'], field: string, text: string): void {
    if (!this.all.some((remark) => remark.field === field && remark.text === text)) this.all.push({ kind, field, text })
  }
}
