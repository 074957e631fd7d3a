/** As much of a Dockerfile's grammar as ours uses. */
export interface DockerfileInstruction {
  /** In capitals. */
  keyword: string;
  /** What follows the keyword, on one line. */
  text: string;
  /** The text, split at white space. */
  words: string[];
}

export interface DockerfileStage {
  name: string;
  /** An image, or an earlier stage's name. */
  base: string;
  instructions: DockerfileInstruction[];
}

/** Throws where an instruction comes before the first FROM, or a stage has no name. */
export function parseDockerfile(text: string): DockerfileStage[] {
  const stages: DockerfileStage[] = [];
  for (const instruction of instructions(text)) {
    if (instruction.keyword !== 'FROM') {
      const stage = stages.at(-1);
      if (!stage) throw new SyntaxError(`${instruction.keyword} comes before FROM`);
      stage.instructions.push(instruction);
      continue;
    }
    const stage = /^(?<base>\S+) AS (?<name>\S+)$/i.exec(instruction.text)?.groups;
    if (!stage) throw new SyntaxError(`FROM ${instruction.text}: the stage has no name`);
    stages.push({ name: stage.name ?? '', base: stage.base ?? '', instructions: [] });
  }
  return stages;
}

function instructions(text: string): DockerfileInstruction[] {
  return text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [keyword = '', ...words] = line.trim().split(/\s+/);
      return { keyword: keyword.toUpperCase(), text: words.join(' '), words };
    });
}
