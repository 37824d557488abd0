import { useRef } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";

import { saveJson } from "../state/exportReading";
import { usePage } from "./stores";

/** Saves what is on screen in a form that other programs read. */
export function ExportMenu() {
  const { reading, app } = usePage();
  const host = useRef<HTMLSpanElement>(null);
  return (
    // The menu stays within the page's landmarks.
    <span ref={host}>
      <MenuTrigger>
        <Button className="text">Export</Button>
        <Popover
          className="menu-place"
          placement="bottom end"
          offset={0}
          crossOffset={8}
          UNSTABLE_portalContainer={host.current ?? undefined}
        >
          <Menu className="menu">
            <MenuItem className="menu-item" onAction={() => void saveJson(reading, app)}>
              JSON <small>the whole reading</small>
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
    </span>
  );
}
