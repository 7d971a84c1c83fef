// Prints each line of standard input, a scalar as JSON text, as what Go's YAML v3 makes of it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"gopkg.in/yaml.v3"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			panic(err)
		}
		var value map[string]any
		if err := yaml.Unmarshal([]byte("value: "+text+"\n"), &value); err != nil {
			fmt.Println(`"cannot be read"`)
			continue
		}
		printed, err := json.Marshal(value["value"])
		if err != nil {
			fmt.Println(`"cannot be written"`)
			continue
		}
		fmt.Println(string(printed))
	}
}
