/** SQL for the text of a message, from a row of `messages` that is known as `row`; what has no text gives `otherwise`. */
export function textOf(row: string, otherwise: string): string {
  return `CASE iif(json_valid(${row}.content), json_extract(${row}.content, '$.type'), NULL)
    WHEN 'system' THEN json_extract(${row}.content, '$.system')
    WHEN 'instruction' THEN json_extract(${row}.content, '$.instruction')
    WHEN 'assistant-response' THEN (
      SELECT group_concat(json_extract(part.value, '$.text'), '') FROM json_each(${row}.content, '$.parts') AS part
      WHERE json_extract(part.value, '$.type') = 'text'
    )
    ELSE ${otherwise}
  END`
}
