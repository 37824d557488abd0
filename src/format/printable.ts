export { printable } from "../math/printable";
