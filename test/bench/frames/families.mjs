/** Braid's names of the wires' protocols, for its pipeline, and of a model that speaks each. */
export const FAMILIES = {
  openai: 'openai-chat',
  anthropic: 'anthropic-messages',
  ollama: 'ollama',
  bedrock: 'bedrock-converse',
}

export const MODELS = { openai: 'openai/gpt-4o-mini', anthropic: 'anthropic/claude-sonnet-4-20250514' }
