/** What a user gave that cannot be used: a bad option, file, layout or scenario. The message names
 *  where (option, file, line, column or field) and what would be right. Ends the program with 2. */
export class InputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InputError";
  }
}
