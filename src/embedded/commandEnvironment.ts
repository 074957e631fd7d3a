/**
 * The environment of the `temporal` command: without a home directory's settings, which are for clients, and which the user who
 * runs sendproof may not be allowed to read. Its server wants the user to have a name and a home; a user id in a container has
 * neither.
 */
export function commandEnvironment(): NodeJS.ProcessEnv {
  const { USER = 'sendproof' } = process.env;
  return { ...process.env, XDG_CONFIG_HOME: undefined, HOME: '/', USER };
}
