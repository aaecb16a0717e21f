"""What the database itself says of owners: nothing is granted by who owns the initiative."""


def grants_nothing_to_the_owner(column: str, initiative: str = "SELECT NEW.initiative_id") -> str:
    """The body of a trigger that refuses the initiative's present owner in this column.

    The initiative's row is locked, so that the owner does not change in the same moment. What was
    granted before stays, whoever owns it later.
    """
    return f"""
        IF TG_OP = 'UPDATE' THEN
            IF NEW.{column} IS NOT DISTINCT FROM OLD.{column} THEN
                RETURN NEW;
            END IF;
        END IF;
        PERFORM 1 FROM initiatives_initiative i WHERE i.id = ({initiative}) FOR SHARE;
        IF EXISTS (
            SELECT 1 FROM initiatives_initiative i
            WHERE i.id = ({initiative}) AND i.owner_id = NEW.{column}
        ) THEN
            RAISE EXCEPTION 'The owner grants nothing to their own initiative.'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """  # noqa: S608
