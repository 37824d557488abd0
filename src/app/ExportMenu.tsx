import { useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";

import { saveJson } from "../state/exportReading";
import { usePage, useView } from "./stores";

/** Saves what is on screen in a form that other programs read. */
export default function ExportMenu() {
  const { reading, app } = usePage();
  const say = useView((state) => state.say);
  const [host, setHost] = useState<HTMLSpanElement | null>(null);
  return (
    // The menu stays within the page's landmarks.
    <span ref={setHost}>
      <MenuTrigger>
        <Button className="text">Export</Button>
        <Popover
          className="menu-place"
          placement="bottom end"
          offset={0}
          crossOffset={8}
          UNSTABLE_portalContainer={host ?? undefined}
        >
          <Menu className="menu">
            <MenuItem
              className="menu-item"
              onAction={async () => say(await saveJson(reading, app))}
            >
              JSON <small>the whole reading</small>
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
    </span>
  );
}
